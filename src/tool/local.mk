# sources of src/tool
