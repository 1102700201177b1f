# sources of src/provider
