"""The cards of AMD and Intel, through the files of their drivers."""
