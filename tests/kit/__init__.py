"""What the end-to-end tests stand on: real clients, images made on the spot, a running Moorage, its JSON API."""
