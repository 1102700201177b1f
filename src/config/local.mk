# sources of src/config
