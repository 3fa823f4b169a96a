import { describe, expect, it } from "vitest";
import {
  applyPullSecret,
  curlWithApiKey,
  dockerLoginWithSecret,
  isPlainRemote,
  quoteShellWord,
} from "./commands";

describe("quoteShellWord", () => {
  it("quotes the characters that a shell interprets", () => {
    expect(quoteShellWord("plain-1.0")).toBe("plain-1.0");
    expect(quoteShellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
  });
});

describe("isPlainRemote", () => {
  it.each(["http://registry.example.com", "http://10.0.0.7:8080"])(
    "is true for plain HTTP to another machine: %s",
    (address) => expect(isPlainRemote(new URL(address))).toBe(true),
  );

  it.each([
    "https://registry.example.com",
    "http://localhost:8080",
    "http://127.0.0.1",
    "http://[::1]",
  ])("is false for HTTPS and for the local machine: %s", (address) =>
    expect(isPlainRemote(new URL(address))).toBe(false),
  );
});

describe("the commands", () => {
  it("pass an API key on standard input, not as an argument", () => {
    expect(curlWithApiKey("https://example.com", "mak_x")).toBe(
      "echo 'Authorization: Bearer mak_x' | curl -H @- https://example.com/api/v1/repositories",
    );
  });

  it("pass a Docker user's secret on standard input, not as an argument", () => {
    expect(dockerLoginWithSecret("example.com:8080", "ci", "mat_x")).toBe(
      "printf %s mat_x | docker login -u ci --password-stdin example.com:8080",
    );
  });

  it("apply a pull secret with a valid Kubernetes name and a quoted password", () => {
    expect(applyPullSecret("example.com", "li.wei_", 'it\'s "x"')).toBe(
      `kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Secret
metadata:
  name: moorage-li-wei
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths":{"example.com":{"username":"li.wei_","password":"it''s \\"x\\""}}}'
EOF`,
    );
  });
});
