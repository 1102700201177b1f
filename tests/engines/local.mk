# On other people's engines, which `./bootstrap engines` installs.
if HAVE_PYTHON3
ENGINE_TESTS += tests/engines/test-make.py tests/engines/test-github.py \
	tests/engines/test-parallel.py tests/engines/test-slurm.py \
	tests/engines/test-kubernetes.py tests/engines/test-swebench.py
endif
EXTRA_DIST += tests/engines/engines.py tests/engines/test-make.py \
	tests/engines/test-github.py tests/engines/test-parallel.py \
	tests/engines/test-slurm.py tests/engines/test-swebench.py \
	tests/engines/test-kubernetes.py
