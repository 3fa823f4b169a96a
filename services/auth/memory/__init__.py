"""What the token path remembers of the database, and how it learns that it must forget (design 2, "Token path")."""
