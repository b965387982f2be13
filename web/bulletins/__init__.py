"""Bulletins for everybody, replies for units, drafts and idle instruments for officials."""
