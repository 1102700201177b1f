# sources of src/cage
