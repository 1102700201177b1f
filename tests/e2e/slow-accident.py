"""More keys, more slowly, and more at random than test-accident.py has time
for."""
import os
import runpy

os.environ["ASSENT_SLOW"] = "1"
runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                            "test-accident.py"), run_name="__main__")
