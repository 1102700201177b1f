# sources of src/journal
