# sources of src/cmd
