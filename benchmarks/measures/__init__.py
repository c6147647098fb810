"""
What is measured, a file for each question.

Each has a function `measure`, which takes the plan and an empty directory.
"""
