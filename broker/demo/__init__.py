"""The demo feed of `books-relayer serve --demo`: invented games and books, played by chance. No real data."""
