# files of ui
