"""Registry events, recorded pulls, and checks of the pull counts."""
