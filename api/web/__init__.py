"""The web page and its routes: every way in over HTTP for people."""
