'use strict';

exports.page = (title, rows) => [`# ${title}`, ...rows].join('\n');
