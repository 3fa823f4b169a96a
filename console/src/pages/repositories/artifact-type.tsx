import type { ReactNode } from "react";
import { type Key, useWords } from "../../i18n";

/** Parts of the types of well-known artifacts. The first that a type contains names it. */
const NAMES: readonly (readonly [part: string, name: Key])[] = [
  ["helm", "image.artifact.helm"],
  ["wasm", "image.artifact.wasm"],
  ["in-toto", "image.kind.attestation"],
  ["cosign", "image.kind.signature"],
  ["notary.signature", "image.kind.signature"],
  ["spdx", "image.kind.sbom"],
  ["cyclonedx", "image.kind.sbom"],
];

/** The name of what a tag names that is not an image, with its media type as a tooltip. */
export function ArtifactType({ type }: { type: string | null }): ReactNode {
  const { say } = useWords();
  if (type === null) {
    return say("image.artifact");
  }
  const known = NAMES.find(([part]) => type.toLowerCase().includes(part));
  return <span title={type}>{known === undefined ? type : say(known[1])}</span>;
}
