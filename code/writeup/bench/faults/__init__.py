"""Faults tried by the hundred on a small project of its own: kills, corruptions, bad inputs, full disks.

Every build is a process of its own that runs the whole program. Every seed is printed, so that a fault can be had
again.
"""
