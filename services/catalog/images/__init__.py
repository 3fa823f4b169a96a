"""Images: what a tag or a digest of a repository names."""
