"""The page where people ask and read: one for the server and for the pack"""
