"""The command line's commands, one file each: parse -> api -> format -> exit status."""
