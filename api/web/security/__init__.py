"""Who is asking, whether the request comes from our own page, and what its sender may do.

`guard` stands in front of every route: nothing but what is public by name answers somebody who is not signed in, and no
address under a workspace answers somebody who is not in it, also where a route forgets to ask.
"""
