import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { Facts } from "../../parts/page/page";
import { formatBytes, formatTime, shortDigest } from "../../parts/text/format";
import type { DeletionPreview } from "./image";

/** What a deletion affects, as the previews of one image and of many tags describe it. */
type Affected = Pick<DeletionPreview, "exclusive_bytes" | "last_pulled_at" | "sibling_tags"> & {
  indexes: { digest: string; tags: string[] }[];
  referrers: { digest: string; kind: DeletionPreview["referrers"][number]["kind"] }[];
};

interface Props {
  preview: Affected;
  /** Whether the preview is for one image; otherwise it is for several. */
  one?: boolean;
}

/** What the deletion of an image or of several tags affects. */
export function DeletionFacts({ preview, one = true }: Props): ReactNode {
  const { say, locale } = useWords();
  const list = (names: string[]) => (names.length === 0 ? say("common.none") : names.join(", "));
  const indexes = preview.indexes.map(({ tags, digest }) => tags.join(", ") || shortDigest(digest));
  const referrers = preview.referrers.map(
    ({ kind, digest }) => `${say(`image.kind.${kind}`)} (${shortDigest(digest)})`,
  );
  return (
    <Facts
      facts={[
        [
          say(one ? "image.preview.siblings" : "images.preview.siblings"),
          list(preview.sibling_tags),
        ],
        [say(one ? "image.preview.indexes" : "images.preview.indexes"), list(indexes)],
        [say("image.preview.referrers"), list(referrers)],
        [
          say(one ? "image.preview.exclusive" : "images.preview.exclusive"),
          formatBytes(preview.exclusive_bytes, locale),
        ],
        [
          say("image.preview.lastPulled"),
          preview.last_pulled_at === null
            ? say("common.never")
            : formatTime(preview.last_pulled_at, locale),
        ],
      ]}
    />
  );
}
