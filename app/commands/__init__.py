"""The commands of ``dayi``, one file each; the file name is the command name."""
