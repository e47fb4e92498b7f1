"""The index of sessions: what is in their files, so that many are listed and searched without reading them again.

It is disposable: a copy of what the files hold, in the cache folder, made once more whenever there is a doubt.
"""
