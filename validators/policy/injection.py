from validators.policy.finding import Finding
def find_injection(text): return []
