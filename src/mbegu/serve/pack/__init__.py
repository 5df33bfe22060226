"""What one carries away on a memory stick: the page with the model in it, for any browser"""
