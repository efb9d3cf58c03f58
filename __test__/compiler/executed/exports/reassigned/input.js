'use server'

export let save = async () => 'first'
if (save) save = async () => 'second'
