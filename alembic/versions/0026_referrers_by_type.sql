-- A request for the referrers of one artifact type read the descriptors of all: 0.3 s for 10,000 with
-- 16 KiB of annotations each.

CREATE INDEX manifests_referrers_by_type_idx
ON catalog.manifests (repository_id, subject, (descriptor ->> 'artifactType'), (digest COLLATE "C"))
WHERE subject IS NOT NULL;

CREATE INDEX manifests_undescribed_referrers_idx
ON catalog.manifests (repository_id, subject, (digest COLLATE "C"))
WHERE subject IS NOT NULL AND descriptor IS NULL;
