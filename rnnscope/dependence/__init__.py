"""Which axis depends on which, by behaviour: any module is run, and what moves is seen."""
