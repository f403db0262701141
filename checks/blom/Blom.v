(* What SPEC.md, section 22.6, says of Blom's scheme, for every finite field F and every threshold t. The statements
   come first, in the terms of SPEC.md, section 7, each as a Definition; their proofs follow, each as a Theorem. *)

From mathcomp Require Import all_ssreflect all_algebra.
Import GRing.Theory.
Set Implicit Arguments.
Unset Strict Implicit.
Local Open Scope ring_scope.

Section Blom.
Variables (F : finFieldType) (t : nat).
(* A matrix stands for a polynomial, a row is a share, and xs are the points of a coalition. *)
Implicit Types (A B C : 'M[F]_t.+1) (g h : 'rV[F]_t.+1) (x y a b c k : F) (xs : seq F).

Definition symmetric A := A^T == A.
Definition f A x y := \sum_(k < t.+1) \sum_(j < t.+1) A k j * x ^+ j * y ^+ k.
Definition share A x := \row_(k < t.+1) \sum_(j < t.+1) A k j * x ^+ j.
Definition raw_key g y := \sum_(k < t.+1) g 0 k * y ^+ k.

(* The polynomials that agree with the shares of A at the coalition's points. *)
Definition agreeing xs A := [set B | symmetric B & all (fun x => share B x == share A x) xs].
(* Those of them with which the raw key of a and b is k. *)
Definition behind xs A a b k := [set B in agreeing xs A | raw_key (share B a) b == k].
(* A coalition of at most t, and two others, whose points are not among its points (N-3). They may be equal. *)
Definition others xs a b := [&& (size xs <= t)%N, a \notin xs & b \notin xs].

(* Each of two parties computes the same from its share. *)
Definition Both_compute_f := forall A x y, symmetric A ->
  raw_key (share A x) y = f A x y /\ raw_key (share A y) x = f A x y.

(* Equally many polynomials stand behind each value of the key, and behind each view that the coalition can have. *)
Definition Equally_many := forall xs a b A B k k', others xs a b -> symmetric A -> symmetric B ->
  #|behind xs A a b k| = #|behind xs B a b k'|.

(* So if the matrix is random, each value has the probability 1 / #|F|, given the coalition's shares. *)
Definition One_in_p := forall xs a b A k, others xs a b -> symmetric A ->
  (#|behind xs A a b k| * #|F| = #|agreeing xs A|)%N.

(* For joint issue one random matrix suffices: C, the sum of the others, may even be known. *)
Definition One_random_matrix_suffices := forall xs a b A C k k', others xs a b -> symmetric A ->
  #|[set B in agreeing xs A | raw_key (share B a + share C a) b == k]| =
  #|[set B in agreeing xs A | raw_key (share B a + share C a) b == k']|.

(* The conditions are needed: t + 1 colluders know the polynomial, and a colluder knows its own keys. *)
Definition One_more_knows_all := forall xs A, uniq xs -> size xs = t.+1 -> symmetric A -> agreeing xs A = [set A].
Definition A_colluder_knows := forall xs a b A, (a \in xs) || (b \in xs) -> symmetric A ->
  behind xs A a b (f A a b) = agreeing xs A.

Lemma share_add A B x : share (A + B) x = share A x + share B x.
Proof. by apply/rowP => k; rewrite !mxE -big_split; apply: eq_bigr => j _; rewrite mxE mulrDl. Qed.
Lemma raw_key_add g h y : raw_key (g + h) y = raw_key g y + raw_key h y.
Proof. by rewrite -big_split; apply: eq_bigr => k _; rewrite mxE mulrDl. Qed.
Lemma symmetric_add A B : symmetric A -> symmetric B -> symmetric (A + B).
Proof. by move=> /eqP symA /eqP symB; rewrite /symmetric linearD /= symA symB. Qed.
Lemma raw_key_is_f A x y : raw_key (share A x) y = f A x y.
Proof. by apply: eq_bigr => k _; rewrite mxE mulr_suml. Qed.

Lemma f_symmetric A x y : symmetric A -> f A x y = f A y x.
Proof.
move=> /eqP symA; rewrite /f exchange_big; apply: eq_bigr => k _; apply: eq_bigr => j _.
by rewrite -{1}symA mxE mulrAC.
Qed.

Theorem both_compute_f : Both_compute_f.
Proof. by move=> A x y symA; rewrite !raw_key_is_f (f_symmetric y x). Qed.

(* As in SPEC.md, z is the product of all x - x_i, and d c is c * z(x) * z(y). *)
Definition z xs : {poly F} := \prod_(x <- xs) ('X - x%:P).
Definition d c xs : 'M[F]_t.+1 := \matrix_(k, j) (c * (z xs)`_k * (z xs)`_j).

Lemma d_symmetric c xs : symmetric (d c xs).
Proof. by apply/eqP/matrixP => k j; rewrite !mxE mulrAC. Qed.
Lemma z_is_zero xs x : ((z xs).[x] == 0) = (x \in xs).
Proof. exact: root_prod_XsubC. Qed.
Lemma z_sum xs x : (size xs <= t)%N -> (z xs).[x] = \sum_(k < t.+1) (z xs)`_k * x ^+ k.
Proof. by move=> few; apply: horner_coef_wide; rewrite size_prod_XsubC. Qed.

Lemma share_d c xs x : (size xs <= t)%N -> share (d c xs) x = \row_k (c * (z xs)`_k * (z xs).[x]).
Proof.
by move=> few; apply/rowP => k; rewrite !mxE z_sum // mulr_sumr; apply: eq_bigr => j _; rewrite mxE -mulrA.
Qed.

Lemma raw_key_d c xs x y : (size xs <= t)%N -> raw_key (share (d c xs) x) y = c * ((z xs).[x] * (z xs).[y]).
Proof.
move=> few; rewrite share_d // (z_sum y) // !mulr_sumr.
by apply: eq_bigr => k _; rewrite mxE -!mulrA; congr (_ * _); rewrite mulrCA.
Qed.

(* B - A moves the view, and a multiple of d the key. *)
Lemma no_fewer xs a b A B k k' : others xs a b -> symmetric A -> symmetric B ->
  (#|behind xs A a b k| <= #|behind xs B a b k'|)%N.
Proof.
move=> /and3P [few not_a not_b] symA symB.
have nonzero : (z xs).[a] * (z xs).[b] != 0 by rewrite mulf_neq0 // z_is_zero.
have [E symE sum] : exists2 E, symmetric E & A + E = B.
  by exists (B - A); [rewrite /symmetric linearB /= (eqP symA) (eqP symB) | rewrite addrC subrK].
pose c := (k' - k - raw_key (share E a) b) / ((z xs).[a] * (z xs).[b]).
rewrite -(card_imset _ (addIr (E + d c xs))); apply/subset_leq_card/subsetP => _ /imsetP [C inC ->].
move: inC; rewrite !inE => /andP [/andP [symC /allP same] /eqP key].
rewrite !symmetric_add ?d_symmetric //= !share_add !raw_key_add raw_key_d // key divfK //.
rewrite (addrC (raw_key _ b)) subrK (addrC k) subrK eqxx andbT; apply/allP => x colluder.
have /eqP zero : (z xs).[x] == 0 by rewrite z_is_zero.
rewrite !share_add (eqP (same x colluder)) share_d // -sum share_add addrA addrC -subr_eq0 addrK.
by apply/eqP/rowP => l; rewrite !mxE zero mulr0.
Qed.

Theorem equally_many : Equally_many.
Proof. by move=> *; apply/eqP; rewrite eqn_leq !no_fewer. Qed.

Theorem one_in_p : One_in_p.
Proof.
move=> xs a b A k free symA.
rewrite -[RHS]sum1_card (partition_big (fun B => raw_key (share B a) b) predT) //= mulnC -sum_nat_const.
apply: eq_bigr => k' _; rewrite (equally_many k k' free symA symA) -sum1_card.
by apply: eq_bigl => B; rewrite !inE.
Qed.

Theorem one_random_matrix_suffices : One_random_matrix_suffices.
Proof.
move=> xs a b A C k k' free symA.
have moved key : [set B in agreeing xs A | raw_key (share B a + share C a) b == key] =
    behind xs A a b (key - raw_key (share C a) b).
  by apply/setP => B; rewrite !inE raw_key_add eq_sym -subr_eq eq_sym.
by rewrite !moved; apply: equally_many.
Qed.

Theorem one_more_knows_all : One_more_knows_all.
Proof.
move=> xs A distinct many symA; apply/setP => B; rewrite !inE; apply/idP/eqP => [|->]; last by rewrite symA; apply/allP.
move=> /andP [_ /allP same]; apply/eqP; rewrite -subr_eq0; apply/eqP/matrixP => i j.
pose p := \poly_(j < t.+1) (B - A) i (inord j).
suff : p`_j = 0 by rewrite coef_poly ltn_ord inord_val => ->; rewrite mxE.
suff -> : p = 0 by rewrite coef0.
apply: (roots_geq_poly_eq0 (rs := xs)); rewrite ?many ?size_poly //; apply/allP => x colluder.
have /rowP /(_ i) : share (B - A) x = 0.
  by apply: (addIr (share A x)); rewrite -share_add subrK add0r (eqP (same x colluder)).
rewrite !mxE => sum; rewrite /root horner_poly -[X in _ == X]sum; apply/eqP.
by apply: eq_bigr => l _; rewrite inord_val.
Qed.

Theorem a_colluder_knows : A_colluder_knows.
Proof.
move=> xs a b A one symA; apply/setP => B; rewrite !inE; apply: andb_idr => /andP [symB /allP same].
case/orP: one => /same /eqP shared; first by rewrite shared raw_key_is_f.
by rewrite raw_key_is_f f_symmetric // -raw_key_is_f shared raw_key_is_f f_symmetric.
Qed.
End Blom.
Print Assumptions both_compute_f. Print Assumptions equally_many. Print Assumptions one_in_p.
Print Assumptions one_random_matrix_suffices. Print Assumptions one_more_knows_all. Print Assumptions a_colluder_knows.
