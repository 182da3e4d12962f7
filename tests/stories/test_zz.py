def test_t(db):
    import time
    from traceability.config import story
    t=time.time(); c=time.process_time(); story.load(); print("LOAD", round(time.time()-t,2), "cpu", round(time.process_time()-c,2)); assert 0
