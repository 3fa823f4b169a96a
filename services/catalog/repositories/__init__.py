"""Repositories: `namespace/name`, made by hand or by a first push."""
