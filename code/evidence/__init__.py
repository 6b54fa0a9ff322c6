"""How good the program is: speed beside plain PyTorch, growth, faults, lies, damages. A second report."""
