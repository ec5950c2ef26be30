"""hpedu"""
