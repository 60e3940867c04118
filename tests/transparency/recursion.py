"""As many calls fit into each other as in plain Python."""


def deep(number=0):
    try:
        return deep(number + 1)
    except RecursionError:
        return number


print(deep())
