# sources of src/worker
