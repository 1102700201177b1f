# files of share
