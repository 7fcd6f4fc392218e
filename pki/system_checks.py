"""What an operator can get wrong, told by `manage.py check --deploy`."""
