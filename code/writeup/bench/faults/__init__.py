"""Faults tried by the hundred on a small project of its own: kills, corruptions, bad inputs, full disks.

Every build is a process of its own that runs the whole program; processes are forked from this one, which has
imported it, for that saves a second a build. Every seed is printed, so that a fault can be had again.
"""
