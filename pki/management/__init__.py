"""The shell's door: commands that translate arguments, call one action and print a result."""
