"""`manage.py up`: embedded servers and project processes, started, watched and stopped together.

Standard library only: the supervisor has to outlive whatever the processes import.
"""
