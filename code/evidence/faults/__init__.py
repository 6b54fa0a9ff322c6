"""Faults tried by the hundred on a small project of its own: kills, corruptions, bad inputs, full disks.

Every build is a process of its own that runs the whole program. Seeds are printed: each fault can be had
again.
"""
