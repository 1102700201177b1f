module example.invalid/spool

go 1.19
