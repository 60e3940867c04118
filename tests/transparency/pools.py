"""Pools that nobody shut down, and a thread that outlives the main one, come to an end."""

import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

if __name__ == "__main__":
    print(ThreadPoolExecutor(2).submit(pow, 2, 5).result())
    print(ProcessPoolExecutor(1, get_context("fork")).submit(pow, 2, 6).result())

    def last():
        threading.main_thread().join()
        print("last", threading.main_thread().is_alive())

    def late():
        threading.Thread(target=last).start()

    threading.Timer(0.01, late).start()
