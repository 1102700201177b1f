" assent: review what a session proposes, in Vim 8 or later or in Neovim.
"
"   :Assent [ID]          open the proposal: of that session, or of the one in
"                         this directory's project that waits for you
"   A, X                  mark the hunk under the cursor: accepted, rejected; the
"                         same key again takes the mark back
"   :AssentWrite[!]       write the accepted hunks, as they are in the buffer, and
"                         reject the rejected ones; the others stay open
"   <CR>                  show the file under the cursor side by side: as it is,
"                         and as it would be
"   :AssentAccept[!]      accept what the buffer has (you may edit lines that
"                         begin with +), reject what you removed or marked with
"                         X; ! doesn't ask
"   :AssentReject[!] [WHY]  reject all of it; WHY is for the model
"   :edit!                show it again
"
" Beside the lines, in Vim 9 and Neovim: the marks (+ accepted, - rejected, also
" those of other screens), and the notes of `assent show --json`: what protects a
" file, what the model says, and others. Findings are in the quickfix list, too,
" by their lines in the proposed files.
"
" Nothing is written but by `assent decide`, which decides nothing if the
" proposal has changed meanwhile.
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

" The line of the hunk under the cursor, or of its file where that is all; 0:
" there is none.
function! s:Hunk() abort
	let l:file = s:File()
	if empty(l:file)
		return 0
	endif
	let l:hunk = search('^@@ ', 'bcnW')
	if l:hunk > l:file[0]
		return l:hunk
	endif
	let l:inside = filter(range(l:file[0], l:file[1]),
	    \ 'getline(v:val) =~# "^@@ "')
	if has_key(b:assent.hunks, getline(l:file[0]))
		return l:file[0]
	endif
	return len(l:inside) == 1 ? l:inside[0] : 0
endfunction

" A hunk's name while the buffer is edited: its file, and its line there.
function! s:Name(file, line) abort
	return a:line =~# '^@@ ' ? a:file . matchstr(a:line, '^@@ -\d\+') :
	    \ a:file
endfunction

function! s:Mark(mark) abort
	let l:at = s:Hunk()
	if l:at == 0 || b:assent.ref is v:null
		call s:Fail('there is no hunk here')
		return
	endif
	let l:hunk = get(b:assent.hunks, s:Name(getline(s:File()[0]),
	    \ getline(l:at)), {})
	if empty(l:hunk)
		call s:Fail('this change has no mark of its own; ' .
		    \ ':AssentAccept accepts what the buffer has')
		return
	endif
	let l:hunk.mark = l:hunk.mark ==# a:mark ? '' : a:mark
	call s:Beside(l:at, l:hunk)
endfunction

" ---- beside the lines ----

let s:virtual = has('nvim') || has('patch-9.0.0067')
if has('nvim')
	let s:space = nvim_create_namespace('assent')
endif
highlight default link AssentNote Comment
highlight default link AssentWarns WarningMsg
for [s:name, s:text, s:colour] in [['yes', '+', 'DiffAdd'],
    \ ['no', '-', 'DiffDelete'], ['edited', '~', 'DiffChange']]
	call sign_define('assent-' . s:name,
	    \ {'text': s:text, 'texthl': s:colour})
endfor

" Text at the end of a line; instead of what is there.
function! s:Note(line, words, warns) abort
	let l:text = substitute(join(a:words, ' · '), '[^[:print:]]', '?', 'g')
	let l:text = empty(l:text) ? '' : '  ' . strcharpart(l:text, 0, 300)
	let l:type = a:warns ? 'AssentWarns' : 'AssentNote'
	if has('nvim')
		call nvim_buf_clear_namespace(0, s:space, a:line - 1, a:line)
		call nvim_buf_set_extmark(0, s:space, a:line - 1, 0,
		    \ {'virt_text': [[l:text, l:type]]})
	elseif s:virtual
		call prop_clear(a:line)
		if empty(prop_type_get(l:type, {'bufnr': bufnr('')}))
			call prop_type_add(l:type, {'bufnr': bufnr(''),
			    \ 'highlight': l:type})
		endif
		if l:text !=# ''
			call prop_add(a:line, 0, {'type': l:type,
			    \ 'text': l:text, 'text_align': 'after'})
		endif
	endif
endfunction

" A hunk's mark and words.
function! s:Beside(line, hunk) abort
	call sign_unplace('assent', {'buffer': bufnr(''), 'id': a:hunk.id})
	if a:hunk.mark !=# ''
		call sign_place(a:hunk.id, 'assent', 'assent-' . a:hunk.mark,
		    \ bufnr(''), {'lnum': a:line})
	endif
	call s:Note(a:line, [get({'yes': 'accepted', 'no': 'rejected',
	    \ 'edited': 'edited on a screen; this is the text before'}, a:hunk.mark, 'open')] +
	    \ a:hunk.words, a:hunk.warns)
endfunction

" The notes on a file's lines: {'+4': [text, ...], '-2': ...}.
function! s:Notes(file) abort
	let l:notes = {}
	for l:n in filter(copy(get(a:file, 'notes', [])),
	    \ 'has_key(v:val, "hunk") && has_key(v:val, "line")')
		let l:at = (l:n.side ==# 'old' ? '-' : '+') . l:n.line
		let l:notes[l:at] = get(l:notes, l:at, []) + [l:n.text]
	endfor
	return l:notes
endfunction

" A file's note, with its line.
function! s:Text(note) abort
	return (!has_key(a:note, 'line') ? '' : (a:note.side ==# 'old' ?
	    \ 'old ' : '') . 'line ' . a:note.line . ': ') . a:note.text
endfunction

function! s:Add(line, name, file, hunk) abort
	if has_key(b:assent.hunks, a:name)
		" Parts that begin at one line: :AssentAccept has them.
		let b:assent.hunks[a:name] = {}
		return
	endif
	" Those on the hunk, then those on its file.
	let l:own = filter(copy(get(a:file, 'notes', [])),
	    \ 'get(v:val, "hunk", "") ==# a:hunk.id && !has_key(v:val, "line")')
	let l:own += filter(copy(get(a:file, 'notes', [])),
	    \ '!has_key(v:val, "hunk")')
	let b:assent.hunks[a:name] = {'id': len(b:assent.hunks) + 1,
	    \ 'number': a:hunk.number, 'mark': get(a:hunk, 'mark', ''),
	    \ 'warns': !empty(filter(copy(l:own), 'v:val.warns')),
	    \ 'words': map(l:own, 's:Text(v:val)')}
	call s:Beside(a:line, b:assent.hunks[a:name])
endfunction

" The hunks of the patch in the buffer, which has them in the order of `files`.
function! s:Place(files) abort
	let l:files = copy(a:files)
	let [l:twice, l:head, l:old, l:new] = [0, '', 0, 0]
	for l:at in range(1, line('$'))
		let l:line = getline(l:at)
		if l:line =~# '^diff --git ' && l:twice
			let l:twice = 0
			let l:hunks = []
		elseif l:line =~# '^diff --git '
			let l:file = empty(l:files) ? {'path': ''} :
			    \ remove(l:files, 0)
			" Both parts of a new type are one change.
			let l:twice = get(l:file, 'status', '') ==# 'type'
			let l:head = l:line
			let l:notes = s:Notes(l:file)
			let l:hunks = l:twice ? [] :
			    \ copy(get(l:file, 'hunks', []))
			if !empty(l:hunks) && (type(l:hunks[0].number) ==
			    \ type('') || get(l:hunks[0], 'text', get(
			    \ l:hunks[0], 'text_b64', '')) ==# '')
				call s:Add(l:at, l:line, l:file,
				    \ remove(l:hunks, 0))
			endif
		elseif l:head !=# '' && l:line =~# '^@@ '
			let [l:old, l:new] = matchlist(l:line,
			    \ '^@@ -\(\d\+\)\S* +\(\d\+\)')[1:2]
			if !empty(l:hunks)
				call s:Add(l:at, s:Name(l:head, l:line), l:file,
				    \ remove(l:hunks, 0))
			endif
		elseif l:head !=# '' && l:line =~# '^[-+ ]' &&
		    \ l:line !~# '^\%(--- \|+++ \)'
			let l:words = l:line =~# '^-' ? [] :
			    \ get(l:notes, '+' . l:new, [])
			let l:words += l:line =~# '^+' ? [] :
			    \ get(l:notes, '-' . l:old, [])
			if !empty(l:words)
				call s:Note(l:at, l:words, 1)
			endif
			let l:old += l:line !~# '^+'
			let l:new += l:line !~# '^-'
		endif
	endfor
endfunction

function! s:Is(marks, name) abort
	return index(a:marks, get(get(b:assent.hunks, a:name, {}), 'mark',
	    \ '')) >= 0
endfunction

" The buffer's patch, of its hunks those with one of these marks.
function! s:Patch(marks) abort
	let [l:out, l:file, l:part, l:head] = [[], '', [], []]
	let [l:keep, l:bare] = [0, 1]
	for l:line in getline(1, '$') + ['diff --git ']
		if l:line =~# '^diff --git '
			" The end of a file: its name alone may be a change.
			if l:file !=# '' && empty(l:part) &&
			    \ (has_key(b:assent.hunks, l:file) || l:bare) &&
			    \ s:Is(a:marks, l:file)
				let l:out += l:head
			endif
			let l:out += empty(l:part) ? [] : (has_key(
			    \ b:assent.hunks, l:file) && !s:Is(a:marks, l:file) ?
			    \ filter(l:head, 'v:val !~# "^\\(old\\|new\\) mode "')
			    \ : l:head) + l:part
			let [l:file, l:head, l:part] = [l:line, [l:line], []]
			let [l:keep, l:bare] = [0, 1]
		elseif l:file ==# ''
			call add(l:out, l:line)
		elseif l:line =~# '^@@ '
			let l:bare = 0
			let l:keep = s:Is(a:marks, s:Name(l:file, l:line))
			let l:part += l:keep ? [l:line] : []
		elseif l:bare
			call add(l:head, l:line)
		elseif l:keep
			call add(l:part, l:line)
		endif
	endfor
	return l:out
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
	let b:assent = {'id': get(l:o, 'session', a:id), 'hunks': {}, 'count': 0,
	    \ 'ref': get(l:o, 'ref', v:null), 'root': get(l:o, 'root', '')}
	let l:top = []
	for l:f in get(l:o, 'files', [])
		for l:n in filter(copy(get(l:f, 'notes', [])), 'v:val.warns')
			let l:top += ['# in ' . substitute(l:f.path . ': ' .
			    \ s:Text(l:n), '[^[:print:]]', '?', 'g')]
		endfor
	endfor
	if empty(l:patch)
		let l:patch = ['# session ' . a:id . ' has nothing to review']
	else
		call extend(l:patch, l:top, 1)
	endif
	let b:assent.count = s:Count(l:patch)
	silent %delete _
	call sign_unplace('assent', {'buffer': bufnr('')})
	call s:Note(1, [], 0)
	call setline(1, l:patch)
	setlocal nomodified filetype=diff
	call s:Place(l:patch[0] =~# '^# session ' ? [] : get(l:o, 'files', []))
	nnoremap <buffer> <silent> A :call <SID>Mark('yes')<CR>
	nnoremap <buffer> <silent> X :call <SID>Mark('no')<CR>
	nnoremap <buffer> <silent> <CR> :call <SID>Side()<CR>
	command! -buffer -bang AssentAccept call s:Accept(<bang>0)
	command! -buffer -bang AssentWrite call s:Write(<bang>0)
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
	let l:lines = s:Patch(['', 'yes', 'edited'])
	let l:gone = b:assent.count - s:Count(l:lines)
	if s:Ask(a:now, 'Write these changes' . (l:gone == 0 ? '' :
	    \ ' and reject what you removed or marked') . '?')
		call s:Decide(['--patch', '-'], l:lines + [''])
	endif
endfunction

" What is marked; the rest stays open.
function! s:Write(now) abort
	let l:all = filter(values(b:assent.hunks), '!empty(v:val)')
	let l:yes = filter(copy(l:all), 'v:val.mark ==# "yes"')
	let l:no = map(filter(l:all, 'v:val.mark ==# "no"'), 'v:val.number')
	if empty(l:yes) && empty(l:no)
		call s:Fail('no hunk is marked: A accepts one, X rejects it')
		return
	elseif !empty(filter(copy(l:no), 'type(v:val) == type("")'))
		call s:Fail('only :AssentAccept can reject a mode or a name')
		return
	endif
	if s:Ask(a:now, 'Write ' . len(l:yes) . ' and reject ' . len(l:no) .
	    \ '? The others stay open.')
		call s:Decide(['--reject', empty(l:no) ? 'none' : join(l:no,
		    \ ',')] + (empty(l:yes) ? [] : ['--patch', '-']),
		    \ empty(l:yes) ? [] : s:Patch(['yes']) + [''])
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
	    \ call s:Fail('use :AssentWrite, :AssentAccept or :AssentReject')
augroup END

command! -nargs=? Assent call s:Open(<q-mods>, <q-args>)
