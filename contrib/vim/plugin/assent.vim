" assent: review what a session proposes, in Vim 8 or later or in Neovim.
"
"   :Assent [ID]          open the proposal: of that session, or of the one in
"                         this directory's project that waits for you
"   X                     remove the hunk under the cursor: it is rejected
"   <CR>                  show the file under the cursor side by side: as it is,
"                         and as it would be
"   :AssentAccept[!]      accept what the buffer has (you may edit lines that
"                         begin with +), reject what you removed; ! doesn't ask
"   :AssentReject[!] [WHY]  reject all of it; WHY is for the model
"   :edit!                show it again
"
" Nothing is written but by `assent decide --patch`, which decides nothing if the
" proposal has changed meanwhile. Findings are in the quickfix list, by their
" lines in the proposed files.
"
" To install: set runtimepath+=/usr/local/share/assent/vim

if exists('g:loaded_assent') || !exists('*json_decode')
	finish
endif
let g:loaded_assent = 1
let g:assent_command = get(g:, 'assent_command', 'assent')

" [exit status, lines of standard output, standard error]
function! s:Run(args, input) abort
	let l:said = tempname()
	let l:words = map([g:assent_command] + a:args, 'shellescape(v:val)')
	let l:out = systemlist(join(l:words) . ' 2>' . shellescape(l:said),
	    \ a:input)
	let l:code = v:shell_error
	let l:err = filereadable(l:said) ? readfile(l:said) : []
	call delete(l:said)
	return [l:code, l:out, join(l:err, "\n")]
endfunction

function! s:Fail(text) abort
	echohl ErrorMsg
	echomsg 'assent: ' . substitute(a:text, '^assent: ', '', '')
	echohl None
endfunction

function! s:Json(args) abort
	let [l:code, l:out, l:err] = s:Run(a:args, [])
	if l:code != 0
		call s:Fail(l:err)
		return {}
	endif
	return json_decode(join(l:out, "\n"))
endfunction

function! s:Waiting() abort
	let l:all = get(s:Json(['ls', '--json']), 'sessions', [])
	let l:all = filter(l:all, 'v:val.waits')
	if len(l:all) < 2
		return empty(l:all) ? '' : l:all[0].session
	endif
	let l:rows = map(copy(l:all),
	    \ '(v:key + 1) . ". " . v:val.session . "  " . v:val.task')
	let l:n = inputlist(['Which session?'] + l:rows)
	return l:n < 1 || l:n > len(l:all) ? '' : l:all[l:n - 1].session
endfunction

function! s:Open(mods, id) abort
	let l:id = a:id !=# '' ? a:id : s:Waiting()
	if l:id ==# ''
		echomsg 'assent: no session of this project waits for you'
		return
	endif
	execute a:mods 'split' fnameescape('assent://' . l:id)
endfunction

" The lines of a file's part of the patch: [first, last], or [] where there is
" none.
function! s:File() abort
	let l:first = search('^diff --git ', 'bcnW')
	let l:next = search('^diff --git ', 'nW')
	return l:first == 0 ? [] :
	    \ [l:first, l:next == 0 ? line('$') : l:next - 1]
endfunction

function! s:Drop() abort
	let l:file = s:File()
	let l:hunk = search('^@@ ', 'bcnW')
	if empty(l:file)
		return
	endif
	let l:hunks = len(filter(getline(l:file[0], l:file[1]),
	    \ 'v:val =~# "^@@ "'))
	if l:hunks > 1 && l:hunk < l:file[0]
		call s:Fail('there is no hunk here')
		return
	endif
	let l:next = search('^@@ ', 'nW')
	if l:hunks > 1
		let l:last = l:next == 0 || l:next > l:file[1] ? l:file[1] :
		    \ l:next - 1
		let l:file = [l:hunk, l:last]
	endif
	silent execute l:file[0] . ',' . l:file[1] . 'delete _'
endfunction

function! s:Byte(text) abort
	" Digits and letters alone are evaluated.
	return a:text =~# '^\o\o\o$' ? eval('"\' . a:text . '"') :
	    \ get({'n': "\n", 't': "\t", 'r': "\r", 'a': "\x07",
	    \ 'b': "\x08", 'f': "\x0c", 'v': "\x0b"}, a:text, a:text)
endfunction

" The path in a line such as `+++ b/PATH`; '' for /dev/null.
function! s:Path(lines, mark) abort
	let l:line = matchstr(a:lines, '^' . a:mark . ' ')
	let l:name = substitute(strpart(l:line, 4), '\t$', '', '')
	if l:name =~# '^"'
		let l:name = substitute(l:name[1:-2],
		    \ '\\\(\o\o\o\|.\)', '\=s:Byte(submatch(1))', 'g')
	endif
	return l:name ==# '/dev/null' ? '' : strpart(l:name, 2)
endfunction

" What the hunks make of these lines; throws where they don't fit.
function! s:Patched(old, patch) abort
	let l:new = []
	let l:at = 0
	let l:in = 0
	for l:line in a:patch
		let l:from = matchlist(l:line, '^@@ -\(\d\+\)\%(,\(\d\+\)\)\?')
		if !empty(l:from)
			let l:in = 1
			let l:to = l:from[1] - (l:from[2] ==# '0' ? 0 : 1)
			let l:new += l:to > l:at ? a:old[l:at : l:to - 1] : []
			let l:at = l:to
		elseif !l:in || l:line =~# '^\\'
			continue
		elseif l:line =~# '^+'
			call add(l:new, l:line[1:])
		else
			if get(a:old, l:at, v:null) isnot# l:line[1:]
				throw 'assent: the file has changed on disk'
			endif
			let l:new += l:line =~# '^-' ? [] : [l:line[1:]]
			let l:at += 1
		endif
	endfor
	return l:new + a:old[l:at :]
endfunction

function! s:Side() abort
	let l:file = s:File()
	if empty(l:file) || !exists('b:assent')
		return
	endif
	let l:patch = getline(l:file[0], l:file[1])
	let l:old = s:Path(l:patch, '---')
	let l:new = s:Path(l:patch, '+++')
	if l:old ==# '' && l:new ==# ''
		call s:Fail('this change has no lines')
		return
	endif
	let l:root = b:assent.root . '/'
	try
		let l:text = s:Patched(l:old ==# '' ? [] :
		    \ readfile(l:root . l:old), l:patch)
	catch /^assent: /
		call s:Fail(v:exception)
		return
	endtry
	execute 'tabedit' fnameescape(l:root . (l:old ==# '' ? l:new : l:old))
	let l:type = &filetype
	diffthis
	rightbelow vnew
	setlocal buftype=nofile bufhidden=wipe noswapfile nomodeline
	call setline(1, l:text)
	let &l:filetype = l:type
	setlocal nomodifiable
	diffthis
endfunction

function! s:Load(id) abort
	let l:o = s:Json(['show', '--json', a:id])
	let [l:code, l:patch, l:err] = s:Run(['show', a:id], [])
	if l:code != 0
		call s:Fail(l:err)
	endif
	setlocal buftype=acwrite bufhidden=hide noswapfile nomodeline
	let b:assent = {'id': get(l:o, 'session', a:id), 'hunks': 0,
	    \ 'ref': get(l:o, 'ref', v:null), 'root': get(l:o, 'root', '')}
	let l:top = []
	for l:f in get(l:o, 'files', [])
		if has_key(l:f, 'protected')
			let l:top += ['# protected: ' . l:f.path]
		endif
		for l:w in get(l:f, 'weaker', [])
			let l:top += !l:w.counts ? [] : ['# test weakened: ' .
			    \ l:f.path . ': ' . (l:w.line == 0 ? '' :
			    \ (l:w.side ==# 'old' ? 'old ' : '') . 'line ' .
			    \ l:w.line . ': ') . l:w.what]
		endfor
	endfor
	if empty(l:patch)
		let l:patch = ['# session ' . a:id . ' has no open proposal']
	else
		call extend(l:patch, l:top, 1)
	endif
	let b:assent.hunks = s:Count(l:patch)
	silent %delete _
	call setline(1, l:patch)
	setlocal nomodified filetype=diff
	nnoremap <buffer> <silent> X :call <SID>Drop()<CR>
	nnoremap <buffer> <silent> <CR> :call <SID>Side()<CR>
	command! -buffer -bang AssentAccept call s:Accept(<bang>0)
	command! -buffer -bang -nargs=* AssentReject
	    \ call s:Reject(<bang>0, <q-args>)
	call s:Findings(get(l:o, 'findings', []))
endfunction

function! s:Findings(list) abort
	if empty(a:list)
		return
	endif
	call setqflist(map(copy(a:list), '{
	    \ "filename": b:assent.root . "/" . v:val.path,
	    \ "lnum": v:val.line, "type": toupper(v:val.severity[0]),
	    \ "text": get(v:val, "by", "the model") . ": " .
	    \ v:val.message}'))
	echomsg 'assent: ' . len(a:list) .
	    \ ' finding(s) in the quickfix list (:copen)'
endfunction

" Hunks, and files without any.
function! s:Count(lines) abort
	return len(filter(copy(a:lines), 'v:val =~# "^\\%(@@\\|diff\\) "'))
endfunction

function! s:Decide(args, input) abort
	if b:assent.ref is v:null
		call s:Fail('there is nothing to decide')
		return
	endif
	let [l:code, l:out, l:err] = s:Run(['decide', b:assent.id,
	    \ '--proposal', b:assent.ref] + a:args, a:input)
	if l:code != 0 && l:code != 5
		call s:Fail(l:err . join(l:out, "\n"))
		return
	endif
	for l:line in l:out
		echomsg l:line
	endfor
	call s:Load(b:assent.id)
	checktime
endfunction

function! s:Ask(now, question) abort
	" What was typed before the question is no answer.
	while !a:now && getchar(1)
		call getchar()
	endwhile
	return a:now || confirm(a:question, "&Yes\n&No", 2) == 1
endfunction

function! s:Accept(now) abort
	let l:lines = getline(1, '$')
	let l:gone = b:assent.hunks - s:Count(l:lines)
	if s:Ask(a:now, 'Write these changes' . (l:gone == 0 ? '' :
	    \ ' and reject what you removed') . '?')
		call s:Decide(['--patch', '-'], l:lines + [''])
	endif
endfunction

function! s:Reject(now, why) abort
	if s:Ask(a:now, 'Reject all of it?')
		call s:Decide(['--accept', 'none'] + (a:why ==# '' ? [] :
		    \ ['--feedback', a:why]), [])
	endif
endfunction

augroup assent
	autocmd!
	autocmd BufReadCmd assent://* call s:Load(expand('<amatch>')[9:])
	autocmd BufWriteCmd assent://*
	    \ call s:Fail('use :AssentAccept or :AssentReject')
augroup END

command! -nargs=? Assent call s:Open(<q-mods>, <q-args>)
