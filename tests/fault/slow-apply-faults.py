"""Every step of an apply, and every error, that test-apply-faults.py has no time
for."""
import os
import runpy
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import harness

os.environ["ASSENT_SLOW"] = "1"
harness.main(runpy.run_path(os.path.join(HERE, "test-apply-faults.py")))
