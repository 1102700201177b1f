"""Every step of an apply, and every error, that test-apply-faults.py has no time
for."""
import os
import runpy

os.environ["ASSENT_SLOW"] = "1"
runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                            "test-apply-faults.py"), run_name="__main__")
