"""Gives texts the tags of a list: with no labels, with a few, or with many, by one method.

`kernel` says how alike two texts are, `ridge` learns scores from that and tells what it would say of a text had it not
been taught with it, `seeds` guesses from the words of the list alone, `learning` brings them together.
"""
