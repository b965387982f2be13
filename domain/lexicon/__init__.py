"""The language of instruments: how kinds, makers and models are written, said and found.

Knows no database. ``domain.instruments`` searches with it, ``domain.dedup`` compares with it.
"""
