# sources of src/core
