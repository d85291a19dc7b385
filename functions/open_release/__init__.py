"""The first step of a release: may this version be released, and by which settings?"""
